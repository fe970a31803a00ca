import { Module } from '@nestjs/common';
import { LabController } from './lab.controller.js';
import { LabService } from './lab.service.js';
import { SimulationsService } from './simulations.service.js';

@Module({ controllers: [LabController], providers: [LabService, SimulationsService] })
export class LabModule {}
