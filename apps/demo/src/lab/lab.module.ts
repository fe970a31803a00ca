import { Module } from '@nestjs/common';
import { LabController } from './lab.controller.js';
import { LabService } from './lab.service.js';
import { StagesService } from './stages.service.js';

@Module({ controllers: [LabController], providers: [LabService, StagesService] })
export class LabModule {}
